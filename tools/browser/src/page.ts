/// <reference lib="dom" />
/// <reference types="w3c-web-usb" />
import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { bulk, composeStack, defineGadget } from '@gadgetloom/gadget';
import { exposeWebUsb } from '@gadgetloom/virtual-host';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';

const LENGTH = 64 * 1024;

/** What the page found out about one backend. */
export interface Echo {
  readonly backend: string;
  readonly product: string | undefined;
  /** The bytes that the host sent came back, each plus one. */
  readonly echoed: boolean;
  /** Results are instances of the global that {@link exposeWebUsb} put in place. */
  readonly instance: boolean;
  /** Afterwards `navigator.usb` is Chromium's own again. */
  readonly restored: boolean;
}

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  product: 'Echo',
  functions: { echo: { class: 0xff, endpoints: { answers: bulk.in(), questions: bulk.out() } } },
});

/** Written for a browser: knows nothing of this project. */
async function ask(
  question: Uint8Array<ArrayBuffer>,
): Promise<{ product: string | undefined; result: USBInTransferResult }> {
  const device = await navigator.usb.requestDevice({ filters: [{ vendorId: 0x1d6b }] });
  await device.open();
  await device.claimInterface(0);
  const endpoints = device.configuration?.interfaces[0]?.alternate.endpoints ?? [];
  const numberOf = (direction: USBDirection) => endpoints.find((it) => it.direction === direction)?.endpointNumber ?? 0;
  await device.transferOut(numberOf('out'), question);
  const result = await device.transferIn(numberOf('in'), question.length);
  await device.close();
  return { product: device.productName ?? undefined, result };
}

async function echo(backend: 'mock' | 'dwc3'): Promise<Echo> {
  const own = navigator.usb;
  await using stack = await composeStack({ gadget, backends: [mock(), dwc3()], backend });
  await stack.enabled();
  await using buffers = stack.allocate({ count: 1, size: LENGTH });
  const buffer = buffers.at(0);
  const [answers, questions] = [stack.endpoint('echo.answers'), stack.endpoint('echo.questions')];
  answers.attach(buffer);
  questions.attach(buffer);
  const answering = (async () => {
    await questions.transfer(buffer, LENGTH).wait();
    const bytes = buffer.bytes();
    for (let at = 0; at < bytes.length; at++) bytes[at] = bytes[at]! + 1;
    await answers.transfer(buffer, LENGTH).wait();
  })();
  const question = Uint8Array.from({ length: LENGTH }, (_, at) => at * 7);
  const exposed = exposeWebUsb(stack.resolve(VIRTUAL_HOST).usb);
  const { product, result } = await ask(question);
  await answering;
  const instance = result instanceof USBInTransferResult;
  exposed[Symbol.dispose]();
  const answer = new Uint8Array(result.data?.buffer ?? new ArrayBuffer(0));
  const echoed = answer.length === LENGTH && answer.every((byte, at) => byte === ((question[at]! + 1) & 0xff));
  return {
    backend,
    product,
    echoed,
    instance,
    restored: navigator.usb === own && !(result instanceof USBInTransferResult),
  };
}

const report: unknown[] = [];
for (const backend of ['mock', 'dwc3'] as const) {
  report.push(await echo(backend).catch((error: unknown) => ({ backend, error: String(error) })));
}
await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
