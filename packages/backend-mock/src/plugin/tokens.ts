import { type Token, token } from '@gadgetloom/core';
import type { DmaBufModel } from '@gadgetloom/dmabuf/model';
import type { GadgetController } from '@gadgetloom/udc';
import type { FunctionRegistry } from '@gadgetloom/udc/model';

/** The dma-buf subsystem of the simulated kernel: statistics, and a place for exporters of one's own. */
export const DMA_BUF_MODEL: Token<DmaBufModel> = token('@gadgetloom/dmabuf:DmaBufModel');

/** The functions that gadgets of the simulated kernel can have; register more to simulate more. */
export const FUNCTION_REGISTRY: Token<FunctionRegistry> = token('@gadgetloom/udc:FunctionRegistry');

/** The simulated controller under the simulated kernel: replace it to run another one. */
export const GADGET_CONTROLLER: Token<GadgetController> = token('@gadgetloom/udc:GadgetController');
