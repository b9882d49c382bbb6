import { type Defect, defectsOf } from '../defect.ts';

const MODEL = 'packages/udc/src/model';

/** The UDC core, configfs and the composite device. */
export const CONTROLLER_DEFECTS: readonly Defect[] = [
  ...defectsOf(`${MODEL}/configfs-gadget.ts`, [
    {
      id: 'unbind-what-is-not-bound',
      sentence: 'Unbinding a gadget that is not bound succeeds.',
      contradicts: 'configfs.c, unregister_gadget',
      foundBy: 'unbind-not-bound',
      find: 'if (!this.#bound) {\n      throw',
      replace: 'if (!this.#bound) {\n      if (!this.#bound) return;\n      throw',
    },
    {
      id: 'bind-what-is-bound',
      sentence: 'Binding a gadget that is bound succeeds.',
      contradicts: 'configfs.c, gadget_dev_desc_UDC_store',
      foundBy: 'bind-twice',
      find: 'if (this.#bound) {\n      const { name }',
      replace: 'if (this.#bound) return;\n    if (this.#bound) {\n      const { name }',
    },
  ]),
  ...defectsOf(`${MODEL}/udc-core.ts`, [
    {
      id: 'disconnect-without-driver',
      sentence: 'Soft disconnect without a driver succeeds.',
      contradicts: 'udc/core.c, soft_connect_store',
      foundBy: 'disconnect-not-bound',
      find: "this.#expectDriver('disconnect');",
      replace: '',
    },
    {
      id: 'disconnect-untold',
      sentence: 'The driver does not learn that the pull-up is gone.',
      contradicts: 'udc/core.c, usb_gadget_disconnect_locked',
      foundBy: 'end-disconnect',
      find: 'this.#driver?.disconnect();',
      replace: '',
    },
    {
      id: 'controller-shared',
      sentence: 'A second gadget takes the controller from the first.',
      contradicts: 'udc/core.c, gadget_match_driver (EBUSY)',
      foundBy: 'one-gadget-per-controller',
      find: "throw new KernelError('EBUSY', operation, taken);",
      replace: 'if (taken !== undefined) this.#unbind(this.#driver);',
    },
    {
      id: 'state-change-untold',
      sentence: 'Changes of the state are not told.',
      contradicts: 'udc/core.c, usb_gadget_state_work (sysfs_notify)',
      foundBy: 'state-callback-unbinds',
      find: 'for (const watcher of [...this.#watchers]) watcher(this.#state);',
      replace: '',
    },
  ]),
  ...defectsOf(`${MODEL}/composite-device.ts`, [
    {
      id: 'never-configured',
      sentence: 'The state is not set to configured.',
      contradicts: 'composite.c, set_config (usb_gadget_set_state)',
      foundBy: 'bind-configured',
      find: "this.core.stateChanged('configured');",
      replace: '',
    },
    {
      id: 'configuration-kept',
      sentence: 'Functions stay enabled when the host takes the configuration away.',
      contradicts: 'composite.c, set_config (reset_config)',
      foundBy: 'end-disable',
      find: 'if (this.#selected !== undefined) this.#deselect();\n    if (chosen === undefined) {',
      replace: 'if (chosen === undefined) {',
    },
    {
      id: 'any-configuration',
      sentence: 'A configuration that does not exist takes the current one away.',
      contradicts: 'composite.c, set_config (EINVAL)',
      foundBy: 'configuration-unknown',
      find: 'if (value !== 0 && chosen === undefined) {',
      replace: 'if (value < 0 && chosen === undefined) {',
    },
  ]),
  ...defectsOf(`${MODEL}/core-endpoint.ts`, [
    {
      id: 'endpoint-stays-enabled',
      sentence: 'Disabling an endpoint leaves its requests in the controller.',
      contradicts: 'udc/core.c, usb_ep_disable',
      foundBy: 'end-disable',
      find: 'this.hardware.disable();',
      replace: '',
    },
    {
      id: 'dequeue-does-nothing',
      sentence: 'A request cannot be cancelled.',
      contradicts: 'udc/core.c, usb_ep_dequeue',
      foundBy: 'end-close',
      find: 'this.hardware.dequeue(request);',
      replace: 'this.hardware.name.concat(String(request.length));',
    },
    {
      id: 'halt-does-nothing',
      sentence: 'An endpoint cannot be halted.',
      contradicts: 'udc/core.c, usb_ep_set_halt',
      foundBy: 'io-wrong-way-halts',
      find: 'this.hardware.setHalt(halted);',
      replace: 'if (!halted) this.hardware.setHalt(halted);',
    },
  ]),
  ...defectsOf(`${MODEL}/standard-requests.ts`, [
    {
      id: 'set-interface-unanswered',
      sentence: 'SET_INTERFACE does not reach the function.',
      contradicts: 'composite.c, composite_setup (USB_REQ_SET_INTERFACE)',
      foundBy: 'events-set-interface',
      find: 'if (link.function.setAlternate(setup.index, setup.value) !== DELAYED_STATUS) return NOTHING;',
      replace: 'if (setup.index !== DELAYED_STATUS) return NOTHING;',
    },
  ]),
];
