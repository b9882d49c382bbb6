import type { KernelError } from '@gadgetloom/core';
import type { GadgetDefinition, Stack, StackEndpoint } from '@gadgetloom/gadget';
import type { ConnectedDevice, DevicePipe } from '@gadgetloom/virtual-host';
import { HostLoop } from './host-loop.ts';
import { pipeOf } from './pipe-of.ts';
import type { TransferPlan } from './plan.ts';

/** The host at the other end of the cable, which sends back what it reads. */
export interface Peer {
  /** Bytes of a packet of the endpoint that the file goes out through. */
  readonly packetSize: number;
  /** Speed of the bus: `'super'`. */
  readonly speed: string;
  /** False if the host is another machine, which may come and go. */
  readonly here: boolean;
  /**
   * Starts the host's part, if the host is in this process.
   *
   * @param depth host transfers at a time
   * @param onFailure called once, if one of them fails
   */
  start(plan: TransferPlan, depth: number, onFailure: (failure: KernelError) => void): void;
  stop(): void;
}

interface Cable {
  readonly stack: Stack<GadgetDefinition>;
  readonly source: StackEndpoint;
  readonly sink: StackEndpoint;
}

/**
 * Waits for the host that the gadget is plugged into: a simulated one, the same machine behind a virtual controller, or
 * the one at the other end of a real cable.
 *
 * @param notice called with a text when the function waits for the host, and when the host comes or goes
 * @returns `undefined` if `signal` was faster
 * @throws InputError the host cannot use the endpoints
 * @throws KernelError the step of the enumeration that failed
 */
export async function awaitPeer(
  cable: Cable,
  notice: (text: string) => void,
  signal: AbortSignal,
): Promise<Peer | undefined> {
  const { stack } = cable;
  if (stack.hostElsewhere === undefined) {
    const device = await unlessAborted(stack.hostDevice(), signal);
    return device && new PeerHere(cable, device);
  }
  notice(waitingText(cable));
  if (
    (await unlessAborted(
      stack.enabled().then(() => true),
      signal,
    )) === undefined
  )
    return undefined;
  const { maxPacketSize } = await cable.source.endpointDescriptor();
  const speed = stack.controller.speed ?? 'unknown';
  notice(`a host configured the gadget, at ${speed} speed`);
  const listener = stack.onEvent(({ type }) => {
    if (type === 'DISABLE') notice('the host is gone; waiting for it to come back');
    else if (type === 'ENABLE') notice('a host configured the gadget again');
  });
  return { packetSize: maxPacketSize, speed, here: false, start() {}, stop: () => listener[Symbol.dispose]() };
}

function waitingText({ stack, source, sink }: Cable): string {
  const { vendorId, productId } = stack.gadget;
  const id = [vendorId, productId].map((number) => Number(number).toString(16).padStart(4, '0')).join(':');
  return (
    `waiting for a host: plug the device port of ${stack.controller.name} into a computer. ` +
    `There, a program has to open the device ${id}, and to send back through ${sink.gadgetName} (bulk OUT) ` +
    `whatever it reads from ${source.gadgetName} (bulk IN). Ctrl-C ends this.`
  );
}

/** A host in this process. */
class PeerHere implements Peer {
  readonly packetSize: number;
  readonly speed: string;
  readonly here = true;
  readonly #in: DevicePipe;
  readonly #out: DevicePipe;
  #loop: HostLoop | undefined;

  constructor({ stack, source, sink }: Cable, device: ConnectedDevice) {
    this.#in = pipeOf(stack, device, source);
    this.#out = pipeOf(stack, device, sink);
    this.packetSize = this.#in.maxPacketSize;
    this.speed = device.speed;
  }

  start(plan: TransferPlan, depth: number, onFailure: (failure: KernelError) => void): void {
    this.#loop = new HostLoop(this.#in, this.#out, plan, onFailure);
    this.#loop.start(depth);
  }

  stop(): void {
    this.#loop?.stop();
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let stop = (): void => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // Closing the stack ends the task, and its result is no longer needed.
    promise.catch(() => {});
  }
}
