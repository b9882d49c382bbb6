import { type Token, token } from '@gadgetloom/core';
import type { FunctionRegistry } from './function-registry.ts';

/** The functions that gadgets of the simulated kernel can have; register more to simulate more. */
export const FUNCTION_REGISTRY: Token<FunctionRegistry> = token('@gadgetloom/udc:FunctionRegistry');
