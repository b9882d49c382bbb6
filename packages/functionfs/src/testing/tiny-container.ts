import { type Container, KernelError, type Plugin, type Resolver, type Token, tokenName } from '@gadgetloom/core';

/** A minimal container for plugins, without the checks of a stack. */
export class TinyContainer implements Container {
  readonly #factories = new Map<Token<unknown>, (resolver: Resolver) => unknown>();
  readonly #pieces = new Map<Token<unknown>, unknown>();

  constructor(...plugins: readonly Plugin[]) {
    for (const plugin of plugins) plugin.register(this);
  }

  /** @throws TypeError it is provided already */
  register<T>(token: Token<T>, provider: { readonly useFactory: (resolver: Resolver) => T }): void {
    if (this.#factories.has(token)) throw new TypeError(`${tokenName(token)} is provided twice`);
    this.#factories.set(token, provider.useFactory);
  }

  /** Whether it is provided. */
  isRegistered(token: Token<unknown>): boolean {
    return this.#factories.has(token);
  }

  /** @throws KernelError ENOENT it is not provided */
  resolve<T>(token: Token<T>): T {
    if (!this.#pieces.has(token)) {
      const factory = this.#factories.get(token);
      if (factory === undefined) throw new KernelError('ENOENT', `resolve ${tokenName(token)}`);
      this.#pieces.set(token, factory(this));
    }
    return this.#pieces.get(token) as T;
  }
}
