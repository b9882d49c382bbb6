import { type Plugin, type Resolver, type Token, tokenName } from '@gadgetloom/core';

/**
 * A plugin with a single piece: to replace one of a backend, pass it in `overrides`. While it is made, its own token
 * stands for what it replaces, so that it can be wrapped.
 *
 * @example
 * composeStack({ gadget, backends: [mock()], overrides: [provide(TRACE_SINK, () => recorder)] });
 *
 * const counted = provide(DMA_BUF_EXPORTER, (pieces) => new CountingExporter(pieces.resolve(DMA_BUF_EXPORTER)));
 */
export function provide<T>(token: Token<T>, useFactory: (resolver: Resolver) => T): Plugin {
  return {
    name: `provide(${tokenName(token)})`,
    provides: [token],
    probe: () => ({ ok: true }),
    register: (container) => container.register(token, { useFactory }),
  };
}
