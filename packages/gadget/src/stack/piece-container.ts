import './reflect-polyfill.ts';
import { type Container, InputError, type Resolver, ResourceScope, type Token, tokenName } from '@gadgetloom/core';
import { instancePerContainerCachingFactory, container as root } from 'tsyringe';

/**
 * The pieces of one stack, in a child container of tsyringe. Each piece is made once, on first use. The container
 * closes the pieces in reverse order of making; it keeps the closers, because tsyringe never disposes of what a factory
 * made.
 */
export class PieceContainer implements Resolver, AsyncDisposable {
  readonly #container = root.createChildContainer();
  readonly #scope = new ResourceScope();
  readonly #providers = new Map<Token<unknown>, string>();
  readonly #owned = new Set<unknown>();
  readonly #making: Token<unknown>[] = [];
  /** The piece that an override replaces. Only the override gets it, to wrap it. */
  readonly #replaced = new Map<Token<unknown>, Replaced>();
  #closed = false;

  /** Name of the plugin that provides the token. */
  providerOf(token: Token<unknown>): string | undefined {
    return this.#providers.get(token);
  }

  /**
   * The container as one plugin sees it while it registers.
   *
   * @param replaced tells whether an override replaces a piece, which is then not registered
   */
  registrar(plugin: string, replaced: (token: Token<unknown>) => boolean): Container {
    return {
      register: (token, { useFactory }) => {
        if (replaced(token)) this.#replaced.set(token, { make: useFactory, making: false });
        else this.#register(plugin, token, useFactory);
      },
      resolve: (token) => this.resolve(token),
      isRegistered: (token) => this.isRegistered(token),
    };
  }

  isRegistered(token: Token<unknown>): boolean {
    return this.#providers.has(token);
  }

  /**
   * Returns a piece. The maker of an override that asks for its own token gets the piece that it replaces.
   *
   * @throws InputError if nothing provides the token, if making it needs itself, or if the stack is closed
   */
  resolve<T>(token: Token<T>): T {
    if (this.#closed) throw new InputError(`The stack is closed: it has no ${tokenName(token)} any more.`);
    const inner = this.#replaced.get(token);
    if (inner && !inner.making && this.#making.at(-1) === token) return this.#makeReplaced(inner) as T;
    if (!this.#providers.has(token)) throw new InputError(this.#missing(token));
    return this.#container.resolve<T>(token);
  }

  /** Registers a piece that the caller closes. */
  lend<T>(lender: string, token: Token<T>, piece: T): void {
    this.#note(lender, token);
    this.#container.register<T>(token, { useFactory: () => piece });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#scope.close();
    } finally {
      this.#closed = true;
      this.#container.reset();
    }
  }

  #register<T>(plugin: string, token: Token<T>, make: (resolver: Resolver) => T): void {
    this.#note(plugin, token);
    const once = instancePerContainerCachingFactory(() => this.#make(token, make));
    this.#container.register<T>(token, { useFactory: once });
  }

  #note(plugin: string, token: Token<unknown>): void {
    const other = this.#providers.get(token);
    if (other !== undefined) throw new InputError(providedTwice(token, other, plugin));
    this.#providers.set(token, plugin);
  }

  #make<T>(token: Token<T>, make: (resolver: Resolver) => T): T {
    if (this.#making.includes(token)) {
      const path = [...this.#making.slice(this.#making.indexOf(token)), token].map((one) => this.#described(one));
      throw new InputError(`${tokenName(token)} needs itself to be made: ${path.join(' → ')}.`);
    }
    this.#making.push(token);
    try {
      const piece = make(this);
      this.#own(piece);
      return piece;
    } finally {
      this.#making.pop();
    }
  }

  /** One object may be several pieces. The container closes it once. */
  #own(piece: unknown): void {
    if (!this.#owned.has(piece)) this.#scope.use(piece);
    this.#owned.add(piece);
  }

  /** The replaced piece is made once, before its override, so it is closed after the override. */
  #makeReplaced(replaced: Replaced): unknown {
    if ('piece' in replaced) return replaced.piece;
    replaced.making = true;
    try {
      replaced.piece = replaced.make(this);
    } finally {
      replaced.making = false;
    }
    this.#own(replaced.piece);
    return replaced.piece;
  }

  #described(token: Token<unknown>): string {
    return `${tokenName(token)} (${this.#providers.get(token)})`;
  }

  #missing(token: Token<unknown>): string {
    const user = this.#making.at(-1);
    const who = user === undefined ? '' : `, which ${this.#described(user)} needs`;
    const plugins = [...new Set(this.#providers.values())];
    const known = plugins.length === 0 ? 'there are no plugins' : `none of ${plugins.join(', ')} does`;
    return `Nothing provides ${tokenName(token)}${who}: ${known}.`;
  }
}

interface Replaced {
  readonly make: (resolver: Resolver) => unknown;
  making: boolean;
  piece?: unknown;
}

/** The sentence for a token that two plugins provide. */
export function providedTwice(token: Token<unknown>, first: string, second: string): string {
  const who = first === second ? `"${first}" provides it twice` : `"${first}" and "${second}" both provide it`;
  return `${tokenName(token)} must come from one plugin: ${who}. Leave one out, or pass one in \`overrides\` to replace the other.`;
}
