import { CLOCK, type Resolver } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, DMA_FENCES, UDMABUF } from '@gadgetloom/dmabuf';
import { FUNCTION_FS } from '@gadgetloom/functionfs';
import { USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { HOST_END } from '@gadgetloom/virtual-host';
import { InProcessScenarioHost } from './in-process-host.ts';
import { SCENARIO_HOST, type ScenarioHost, type ScenarioStack, type ScenarioTarget } from './target.ts';

/** The pieces of a backend, composed and not yet used. */
export interface ComposedPieces extends Resolver, AsyncDisposable {}

/**
 * Plays scenarios on whatever pieces `compose` gives: it is called once for each scenario. The host is what provides
 * {@link SCENARIO_HOST}, or else the {@link HOST_END} among the pieces.
 */
export function piecesTarget(name: string, compose: () => Promise<ComposedPieces>): ScenarioTarget {
  return {
    name,
    open: async (): Promise<ScenarioStack> => {
      const pieces = await compose();
      return {
        clock: pieces.resolve(CLOCK),
        exporter: pieces.resolve(DMA_BUF_EXPORTER),
        udmabuf: pieces.isRegistered(UDMABUF) ? pieces.resolve(UDMABUF) : undefined,
        fences: pieces.resolve(DMA_FENCES),
        functionFs: pieces.resolve(FUNCTION_FS),
        controller: pieces.resolve(USB_DEVICE_CONTROLLER),
        host: hostOf(pieces),
        hostEnd: pieces.isRegistered(HOST_END) ? pieces.resolve(HOST_END) : undefined,
        [Symbol.asyncDispose]: () => pieces[Symbol.asyncDispose](),
      };
    },
  };
}

/** @throws InputError there is no host */
function hostOf(pieces: Resolver): ScenarioHost {
  if (pieces.isRegistered(SCENARIO_HOST)) return pieces.resolve(SCENARIO_HOST);
  return new InProcessScenarioHost(pieces.resolve(HOST_END));
}
