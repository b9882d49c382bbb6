/** The command line of `apps/gadgetloom`, in one file, from the repository's folder. */
export const GADGETLOOM = 'apps/gadgetloom/out/gadgetloom.js';

/** A plugin for it, from there: the host outside of the guest, for scenarios. See outside-host.ts. */
export const OUTSIDE_HOST = './tools/kernel-lab/out/guest/outside-host.js';
