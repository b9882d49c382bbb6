import { type Defect, defectsOf } from '../defect.ts';

const RULES = 'packages/functionfs/src';
const MODEL = `${RULES}/model`;

/** FunctionFS as a function of a gadget: its descriptors, and what it is told. */
export const FUNCTION_DEFECTS: readonly Defect[] = [
  ...defectsOf(`${MODEL}/ffs-data.ts`, [
    {
      id: 'bound-for-ever',
      sentence: 'An instance that was unbound cannot be bound again.',
      contradicts: 'f_fs.c, functionfs_unbind (FFS_FL_BOUND)',
      foundBy: 'bind-again',
      find: 'this.gadget = undefined;\n    this.#bound = undefined;',
      replace: 'this.gadget = undefined;',
    },
  ]),
  ...defectsOf(`${RULES}/os-descriptor-rules.ts`, [
    {
      id: 'os-version-any',
      sentence: 'An OS descriptor may have any version.',
      contradicts: 'f_fs.c, ffs_do_os_descs (bcdVersion)',
      foundBy: 'os-descriptors-head',
      find: 'if (version !== OS_VERSION && version !== OS_VERSION_TOLERATED) {',
      replace: 'if (false) {',
    },
    {
      id: 'os-reserved-any',
      sentence: 'Reserved bytes of a compatible ID may be anything.',
      contradicts: 'f_fs.c, __ffs_data_do_os_desc (Reserved2)',
      foundBy: 'os-compatible-ids',
      find: 'if (reserved >= 0)',
      replace: 'if (false)',
    },
    {
      id: 'os-size-whole',
      sentence: 'All of the size of a property counts, and not only its lowest byte.',
      contradicts: 'f_fs.c, __ffs_data_do_os_desc (u8 length)',
      foundBy: 'os-properties',
      find: 'const size = blob[at]!;',
      replace: 'const size = view.getUint32(at, true);',
    },
  ]),
  ...defectsOf(`${RULES}/descriptor-rules.ts`, [
    {
      id: 'leftovers-kept',
      sentence: 'What refused descriptors have left is still there when all files were closed.',
      contradicts: 'f_fs.c, ffs_data_reset',
      foundBy: 'descriptors-leftovers',
      find: 'this.endpointCount = 0;\n    this.interfaceCount = 0;\n    this.stringCount = 0;\n    this.counts = [0, 0, 0];',
      replace: 'this.stringCount = 0;',
    },
  ]),
  ...defectsOf(`${MODEL}/ffs-function.ts`, [
    {
      id: 'disable-untold',
      sentence: 'DISABLE is not told.',
      contradicts: 'f_fs.c, ffs_func_disable',
      foundBy: 'events-configuration',
      find: "data.events.add('DISABLE');",
      replace: '',
    },
    {
      id: 'enable-untold',
      sentence: 'ENABLE is not told.',
      contradicts: 'f_fs.c, ffs_func_set_alt',
      foundBy: 'events-enable',
      find: "data.events.add('ENABLE');",
      replace: '',
    },
    {
      id: 'unbind-untold',
      sentence: 'UNBIND is not told.',
      contradicts: 'f_fs.c, ffs_func_unbind',
      foundBy: 'events-unbind',
      find: "data.events.add('UNBIND');",
      replace: '',
    },
    {
      id: 'bus-address-forwarded',
      sentence: 'A request to an endpoint comes with the address on the bus.',
      contradicts: 'f_fs.c, ffs_func_setup (ffs_func_revmap_ep)',
      foundBy: 'control-to-endpoint',
      find: 'data.descriptors.addresses[file]! : file;',
      replace: 'data.descriptors.addresses[file]! : setup.index;',
    },
    {
      id: 'own-address-lost',
      sentence: 'With VIRTUAL_ADDR, a request to an endpoint comes with its place.',
      contradicts: 'f_fs.c, ffs_func_setup (FUNCTIONFS_VIRTUAL_ADDR)',
      foundBy: 'control-to-address',
      find: 'data.descriptors.addresses[file]! : file;',
      replace: 'file : file;',
    },
    {
      id: 'all-recipients-refused',
      sentence: 'Requests to the device are refused, asked for or not.',
      contradicts: 'f_fs.c, ffs_func_setup (FUNCTIONFS_ALL_CTRL_RECIP)',
      foundBy: 'control-to-all',
      find: 'if (data.hasFlag(DescriptorFlag.ALL_CTRL_RECIP)) return setup.index;',
      replace: '',
    },
    {
      id: 'configuration-not-needed',
      sentence: 'Without a configuration the function gets requests that it did not ask for.',
      contradicts: 'f_fs.c, ffs_func_req_match (FUNCTIONFS_CONFIG0_SETUP)',
      foundBy: 'control-unconfigured',
      find: '(!configured && !bound.data.hasFlag(DescriptorFlag.CONFIG0_SETUP))',
      replace: '(!configured && false)',
    },
  ]),
];
