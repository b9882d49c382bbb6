import { type Plugin, type Resolver, type Token, tokenName } from '@gadgetloom/core';

/**
 * Makes a plugin with one piece. In `overrides`, it replaces a piece of the backend. Inside `make`, resolving the same
 * token returns the piece being replaced, so an override can wrap it.
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
