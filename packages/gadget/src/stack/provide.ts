import { type Plugin, type Resolver, type Token, tokenName } from '@gadgetloom/core';

/**
 * A plugin with a single piece: to replace one of a backend, pass it in `overrides`.
 *
 * @example
 * composeStack({ gadget, backends: [mock()], overrides: [provide(TRACE_SINK, () => recorder)] })
 */
export function provide<T>(token: Token<T>, useFactory: (resolver: Resolver) => T): Plugin {
  return {
    name: `provide(${tokenName(token)})`,
    provides: [token],
    probe: () => ({ ok: true }),
    register: (container) => container.register(token, { useFactory }),
  };
}
