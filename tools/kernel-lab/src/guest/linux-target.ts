import { HAZARDS, type HazardName, LINUX_KERNEL, linux } from '@gadgetloom/backend-linux';
import type { ScenarioStack, ScenarioTarget } from '@gadgetloom/conformance';
import { CLOCK } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, DMA_FENCES, UDMABUF } from '@gadgetloom/dmabuf';
import { FUNCTION_FS } from '@gadgetloom/functionfs';
import { composePieces } from '@gadgetloom/gadget';
import { USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { HOST_END } from '@gadgetloom/virtual-host';
import { openScenarioHost } from './scenario-host.ts';

/** Which guards refused something, and how often. */
export type GuardCounts = (readonly [hazard: HazardName, count: number])[];

/** The kernel that this runs on, to play scenarios against, and the guards that were met. Empty the list before each. */
export function linuxTarget(helper: string): { readonly target: ScenarioTarget; readonly guards: GuardCounts } {
  const guards: GuardCounts = [];
  const open = async (): Promise<ScenarioStack> => {
    const pieces = await composePieces({ plugins: [linux({ virtual: true })] });
    const host = openScenarioHost(helper);
    return {
      clock: pieces.resolve(CLOCK),
      exporter: pieces.resolve(DMA_BUF_EXPORTER),
      udmabuf: pieces.resolve(UDMABUF),
      fences: pieces.resolve(DMA_FENCES),
      functionFs: pieces.resolve(FUNCTION_FS),
      controller: pieces.resolve(USB_DEVICE_CONTROLLER),
      host,
      hostEnd: pieces.resolve(HOST_END),
      async [Symbol.asyncDispose]() {
        host[Symbol.dispose]();
        guards.push(...pieces.resolve(LINUX_KERNEL).guards.counts());
        await pieces[Symbol.asyncDispose]();
      },
    };
  };
  return { target: { name: 'linux', open }, guards };
}

/** Why an outcome may be that of a guard instead of the kernel's; `undefined` if no guard gave it. */
export function guardsBehind(guards: GuardCounts, outcome: string): string | undefined {
  const met = guards.filter(([hazard]) => HAZARDS[hazard].code === outcome);
  if (met.length === 0) return undefined;
  return met.map(([hazard, count]) => `${hazard} (${count} times): ${HAZARDS[hazard].why}`).join(' ');
}
