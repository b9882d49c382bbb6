/** The command line of `apps/gadgetloom`, in one file, from the repository's folder. */
export const GADGETLOOM = 'apps/gadgetloom/out/gadgetloom.js';
