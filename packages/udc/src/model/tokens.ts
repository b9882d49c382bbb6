import { type Token, token } from '@gadgetloom/core';
import type { FunctionRegistry } from './function-registry.ts';

/** The function types of the simulated kernel. Register more to simulate more. */
export const FUNCTION_REGISTRY: Token<FunctionRegistry> = token('@gadgetloom/udc:FunctionRegistry');
