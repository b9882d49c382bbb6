import { defineFunction } from '@gadgetloom/gadget';

/** A lamp that tells when it starts. */
export const lamp = defineFunction({
  kind: 'lamp',
  options: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        typeof value.watts === 'number' ? { value } : { issues: [{ path: ['watts'], message: 'a number of watts' }] },
    },
  },
  describe: () => ({ class: 0xff }),
  start(fn, { watts }) {
    fn.tell(`${watts} W`);
    fn.onEnabled((enabled) => fn.tell(enabled ? 'on' : 'off'));
  },
});
