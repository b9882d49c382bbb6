import type { FunctionContext, FunctionRequest } from '@gadgetloom/gadget';
import type { UsbtmcInstrument } from './instrument.ts';
import { capabilities, UsbtmcRequest, UsbtmcStatus } from './protocol/messages.ts';
import type { Notifications } from './protocol/notifications.ts';

/** Tags of READ_STATUS_BYTE (USB488 1.0, 4.3.1). */
const TAGS = { min: 2, max: 127 } as const;

type Answer = (request: FunctionRequest) => Uint8Array | Promise<Uint8Array>;

/** Answers the class requests of a host. All of them read (USBTMC 1.0, 4.2; USB488 1.0, 4.3). */
export function answerRequests(
  fn: Pick<FunctionContext, 'onRequest'>,
  instrument: UsbtmcInstrument,
  notifications: Notifications,
  scpi: boolean,
): void {
  const { exchange, remote } = instrument;
  const toEndpoint: Readonly<Record<number, Answer>> = {
    [UsbtmcRequest.INITIATE_ABORT_BULK_OUT]: async ({ value }) =>
      Uint8Array.of(await exchange.abortOut(value & 0xff), value & 0xff),
    [UsbtmcRequest.CHECK_ABORT_BULK_OUT_STATUS]: () => counted(UsbtmcStatus.SUCCESS, 0, exchange.bulkOut.aborted),
    [UsbtmcRequest.INITIATE_ABORT_BULK_IN]: async ({ value }) =>
      Uint8Array.of(await exchange.abortIn(value & 0xff), value & 0xff),
    [UsbtmcRequest.CHECK_ABORT_BULK_IN_STATUS]: async () => {
      const { pending, sent } = await exchange.abortedIn();
      return counted(pending ? UsbtmcStatus.PENDING : UsbtmcStatus.SUCCESS, pending ? 1 : 0, sent);
    },
  };
  const toInterface: Readonly<Record<number, Answer>> = {
    [UsbtmcRequest.INITIATE_CLEAR]: async () => {
      await exchange.clear();
      instrument.cleared.call();
      return Uint8Array.of(UsbtmcStatus.SUCCESS);
    },
    [UsbtmcRequest.CHECK_CLEAR_STATUS]: () => Uint8Array.of(UsbtmcStatus.SUCCESS, 0),
    [UsbtmcRequest.GET_CAPABILITIES]: () => capabilities(scpi),
    [UsbtmcRequest.INDICATOR_PULSE]: () => {
      instrument.indicated.call();
      return Uint8Array.of(UsbtmcStatus.SUCCESS);
    },
    [UsbtmcRequest.READ_STATUS_BYTE]: async ({ value: tag }) => {
      if (tag < TAGS.min || tag > TAGS.max) return Uint8Array.of(UsbtmcStatus.FAILED, tag & 0xff, 0);
      // The status byte itself goes to the interrupt endpoint (USB488 1.0, table 12).
      const answered = (): boolean => notifications.statusByte(tag, () => instrument.scpi.status.poll());
      const free = answered() || (await exchange.pause().then(answered));
      return Uint8Array.of(free ? UsbtmcStatus.SUCCESS : UsbtmcStatus.INTERRUPT_IN_BUSY, tag, 0);
    },
    [UsbtmcRequest.REN_CONTROL]: ({ value }) => {
      if (value > 1) return Uint8Array.of(UsbtmcStatus.FAILED);
      remote.enable(value === 1);
      return Uint8Array.of(UsbtmcStatus.SUCCESS);
    },
    [UsbtmcRequest.GO_TO_LOCAL]: () => {
      remote.goToLocal();
      return Uint8Array.of(UsbtmcStatus.SUCCESS);
    },
    [UsbtmcRequest.LOCAL_LOCKOUT]: () => Uint8Array.of(remote.lockOut() ? UsbtmcStatus.SUCCESS : UsbtmcStatus.FAILED),
  };
  for (const [recipient, answers] of [
    ['endpoint', toEndpoint],
    ['interface', toInterface],
  ] as const)
    for (const [request, answer] of Object.entries(answers))
      fn.onRequest({ type: 'class', recipient, direction: 'in', request: Number(request) }, answer);
}

/** A status with a count of bytes: the answers of both CHECK_ABORT requests. */
function counted(status: number, queued: number, bytes: number): Uint8Array {
  const answer = new Uint8Array(8);
  answer.set([status, queued]);
  new DataView(answer.buffer).setUint32(4, bytes, true);
  return answer;
}
