/** A state of a device, and how a scenario gets there. */
export interface EndpointState {
  readonly name: string;
  /** Operations of the scenario language, one per line. */
  readonly steps: readonly string[];
  /**
   * What the host has to do otherwise than a desktop: take its time before it resets a new device (`'patient'`), or leave
   * it unconfigured (`'passive'`).
   */
  readonly host?: 'patient' | 'passive';
  /** Why a real host cannot be made to do it, where it cannot. */
  readonly notOnRealHosts?: string;
}

/** The states of USB 2.0, 9.1, and those in which an endpoint can be besides, in the order in which they are met. */
export const ENDPOINT_STATES = [
  { name: 'unbound', steps: [] },
  { name: 'connected', steps: ['bg 0 bind'], host: 'patient' },
  {
    name: 'addressed',
    steps: ['bind'],
    host: 'passive',
    notOnRealHosts: 'it configures every device that it knows what to do with, and others are left alone too late.',
  },
  { name: 'configured', steps: ['bind'] },
  { name: 'suspended', steps: ['bind', 'hostsuspend'], notOnRealHosts: 'usbfs cannot suspend a device that it holds.' },
  { name: 'halted', steps: ['bind', 'hosthalt ep1', 'hosthalt ep2'] },
  { name: 'disabled', steps: ['bind', 'hostsetcfg 0'] },
  { name: 'detached', steps: ['bind', 'disconnect'] },
] as const satisfies readonly EndpointState[];

/** Name of a state. */
export type EndpointStateName = (typeof ENDPOINT_STATES)[number]['name'];
