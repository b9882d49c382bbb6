/** Gives a class the name of its interface in the IDL: as its `name`, and in `Object.prototype.toString`. */
export function idlName(of: { readonly prototype: object }, name: string): void {
  Object.defineProperty(of, 'name', { value: name, configurable: true });
  Object.defineProperty(of.prototype, Symbol.toStringTag, { value: name, configurable: true });
}
