import { type Token, token } from '@gadgetloom/core';
import type { DmaBufModel } from './model.ts';

/** The dma-buf subsystem of the simulated kernel: statistics, and a place for exporters of one's own. */
export const DMA_BUF_MODEL: Token<DmaBufModel> = token('@gadgetloom/dmabuf:DmaBufModel');
