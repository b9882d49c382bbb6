declare const provided: unique symbol;

/** A name for something that a plugin provides, with its type. */
export type Token<T> = symbol & { readonly [provided]?: T };

/**
 * Makes the token for a name such as `'@gadgetloom/dmabuf:DmaBufExporter'`. The same name always gives the same token,
 * so that two installed copies of a package still agree.
 */
export function token<T>(name: string): Token<T> {
  return Symbol.for(name) as Token<T>;
}

/** The part of a token's name that a reader needs: `'DmaBufExporter'`. */
export function tokenName(of: Token<unknown>): string {
  return (of.description ?? 'unnamed').replace(/^.*:/, '');
}
