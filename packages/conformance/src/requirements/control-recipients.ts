import { POLLIN, SECOND } from '@gadgetloom/core';
import {
  decodeDescriptors,
  decodeEvents,
  EVENT_SIZE,
  encodeDescriptors,
  type FunctionDescriptor,
} from '@gadgetloom/functionfs';
import { RequestType, USB_DIR_IN } from '@gadgetloom/udc';
import { encodeScenarioDescriptors, encodeScenarioStrings, SCENARIO_ENDPOINTS } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectOutcome, type FreshInstance, withInstance } from './fresh-instance.ts';
import type { Proof, Requirement } from './requirement.ts';

/** How long a request may take to the function. */
const PATIENCE = 2 * SECOND;
const REQUEST = 0x5a;
const VALUE = 0x1234;
const ASKED = 2;
/** An endpoint that no function has. */
const NOBODY = 0x0f;
/** Bits of an endpoint's address that are its number. */
const NUMBER = 0x0f;

/** A request to the function, as the host sends it and as the function gets it. */
class Asking {
  readonly instance: FreshInstance;
  readonly #stack: ScenarioStack;

  constructor(stack: ScenarioStack, instance: FreshInstance) {
    this.#stack = stack;
    this.instance = instance;
  }

  send(recipient: number, index: number): Promise<number> {
    return this.#stack.host.control(USB_DIR_IN | RequestType.VENDOR | recipient, REQUEST, VALUE, index, ASKED);
  }

  /** Sends it, and answers it. @throws Error the function does not get it, or gets another wIndex */
  async expectIndex(recipient: number, sent: number, expected: number): Promise<void> {
    const { ep0 } = this.instance;
    const asked = this.send(recipient, sent);
    asked.catch(() => {});
    if ((await ep0.ready(POLLIN, PATIENCE)) === 0) throw new Error(`A request with wIndex ${sent} did not come.`);
    const bytes = new Uint8Array(EVENT_SIZE);
    const [event] = decodeEvents(bytes.subarray(0, await ep0.read(bytes)));
    const got = event?.type === 'SETUP' ? event.setup : undefined;
    if (got?.request !== REQUEST || got.value !== VALUE || got.index !== expected)
      throw new Error(`A request with wIndex ${sent} came as ${JSON.stringify(event)}; wIndex should be ${expected}.`);
    await ep0.write(new Uint8Array(ASKED));
    const moved = await asked;
    if (moved !== ASKED) throw new Error(`The host got ${moved} bytes.`);
  }

  /** @throws Error it is no stall */
  expectStall(what: string, recipient: number, index: number): Promise<void> {
    return expectOutcome(what, 'EPIPE', () => this.send(recipient, index));
  }

  /** Addresses of the endpoints on the bus: the controller gives them. */
  async addresses(): Promise<number[]> {
    const addresses: number[] = [];
    for (const { file } of SCENARIO_ENDPOINTS) {
      using endpoint = await this.instance.mount.openEndpoint(file);
      addresses.push((await endpoint.endpointDescriptor()).address);
    }
    return addresses;
  }
}

/** A function with these descriptors, configured; its event is read. */
const asking =
  (descriptors: Uint8Array, ask: (asking: Asking, stack: ScenarioStack) => Promise<void>): Proof =>
  (stack) =>
    withInstance(stack, async (instance) => {
      await instance.ep0.write(descriptors);
      await instance.ep0.write(encodeScenarioStrings());
      await instance.gadget.bind();
      await stack.host.configured();
      await instance.ep0.read(new Uint8Array(EVENT_SIZE));
      await ask(new Asking(stack, instance), stack);
    });

const plain = encodeScenarioDescriptors();

/** The descriptors of the scenarios with other addresses, by which the function wants to go. */
function withAddresses(addresses: readonly number[]): Uint8Array {
  const described = decodeDescriptors(plain);
  const place = (address: number): number => SCENARIO_ENDPOINTS.findIndex((each) => each.address === address);
  const readdressed = (descriptors: readonly FunctionDescriptor[] = []): FunctionDescriptor[] =>
    descriptors.map((each) =>
      each.type === 'endpoint' ? { ...each, address: addresses[place(each.address)]! } : each,
    );
  const { full, high, super: fast } = described;
  const speeds = { full: readdressed(full), high: readdressed(high), super: readdressed(fast) };
  return encodeDescriptors({ ...speeds, virtualAddress: true });
}

/** Place of the endpoint that a request is taken to be for: numbers count, not directions (ffs_func.eps_revmap). */
function lastOfNumber(addresses: readonly number[], address: number): number {
  return addresses.findLastIndex((each) => (each & NUMBER) === (address & NUMBER));
}

/** A function that goes by the addresses that this controller gives: by others it would not be enabled. */
async function goesByAddresses(stack: ScenarioStack): Promise<void> {
  let addresses: number[] = [];
  const learn = asking(plain, async (each) => {
    addresses = await each.addresses();
  });
  await learn(stack);
  const prove = asking(withAddresses(addresses), async (each) => {
    for (const address of addresses)
      await each.expectIndex(RequestType.ENDPOINT, address, addresses[lastOfNumber(addresses, address)]!);
  });
  await prove(stack);
}

async function unconfigured(stack: ScenarioStack): Promise<void> {
  const without = (descriptors: Uint8Array, ask: (asking: Asking) => Promise<void>): Promise<void> =>
    asking(descriptors, async (each) => {
      await stack.host.setConfiguration(0);
      await each.instance.ep0.read(new Uint8Array(EVENT_SIZE));
      await ask(each);
    })(stack);
  await without(plain, (each) => each.expectStall('an unwanted request', RequestType.INTERFACE, 0));
  const wanted = encodeScenarioDescriptors({ config0Setup: true });
  await without(wanted, (each) => each.expectIndex(RequestType.INTERFACE, 0, 0));
}

/** Who requests are for, and what a function is told of it. */
export const CONTROL_RECIPIENTS: readonly Requirement[] = [
  {
    id: 'control-to-interface',
    sentence: 'A request to an interface carries its number in the function; a request to an unknown interface stalls.',
    source: 'f_fs.c, ffs_func_setup and ffs_func_revmap_intf; composite.c, composite_setup',
    needs: [],
    proof: asking(plain, async (asking) => {
      await asking.expectIndex(RequestType.INTERFACE, 0, 0);
      await asking.expectStall('a request to interface 7', RequestType.INTERFACE, 7);
    }),
  },
  {
    id: 'control-to-endpoint',
    sentence:
      'A request to an endpoint comes with the place of the last that has its number; to that of nobody, it is a stall.',
    source: 'f_fs.c, ffs_func_setup, ffs_func_revmap_ep and __ffs_func_bind_do_descs; composite.c, composite_setup',
    needs: [],
    proof: asking(plain, async (asking) => {
      const addresses = await asking.addresses();
      for (const address of addresses)
        await asking.expectIndex(RequestType.ENDPOINT, address, lastOfNumber(addresses, address) + 1);
      await asking.expectStall('a request to an endpoint of nobody', RequestType.ENDPOINT, NOBODY);
    }),
  },
  {
    id: 'control-to-address',
    sentence: 'A function with virtual addresses gets these in requests to its endpoints.',
    source: 'f_fs.c, ffs_func_setup and __ffs_func_bind_do_descs (FUNCTIONFS_VIRTUAL_ADDR)',
    needs: [],
    proof: goesByAddresses,
  },
  {
    id: 'control-to-all',
    sentence: 'A function that asks for all requests gets those to the device and to others unchanged.',
    source: 'f_fs.c, ffs_func_req_match and ffs_func_setup (FUNCTIONFS_ALL_CTRL_RECIP)',
    needs: [],
    proof: asking(encodeScenarioDescriptors({ allControlRecipients: true }), async (asking) => {
      await asking.expectIndex(RequestType.DEVICE, 0x0708, 0x0708);
      await asking.expectIndex(RequestType.OTHER, 0x0709, 0x0709);
    }),
  },
  {
    id: 'control-unconfigured',
    sentence: 'Without a configuration, a function gets requests only if it asked for them; otherwise they stall.',
    source: 'f_fs.c, ffs_func_req_match (FUNCTIONFS_CONFIG0_SETUP); composite.c, composite_setup',
    needs: [],
    proof: unconfigured,
  },
];
