/** A kind of package that can be generated. */
export interface TemplateKind {
  /** Name of the folder in templates/, and the middle of the package's name. */
  readonly kind: 'backend' | 'function';
  /** The placeholder of the name in the template, which uses each of its spellings. */
  readonly placeholder: string;
  readonly description: string;
  /** Packages of Gadgetloom that it uses. */
  readonly uses: readonly string[];
  /** Packages of Gadgetloom that its tests use. */
  readonly testedWith: readonly string[];
  /** Third-party packages that it uses, with their version ranges. */
  readonly usesOthers: Readonly<Record<string, string>>;
}

/** A simulated controller under the gadget side of a simulated kernel. */
export const BACKEND: TemplateKind = {
  kind: 'backend',
  placeholder: 'acme-udc',
  description: 'A simulated USB device controller for Gadgetloom.',
  uses: ['core', 'dmabuf', 'simulated-board', 'udc'],
  testedWith: ['conformance', 'gadget'],
  usesOthers: {},
};

/** A USB function that a program provides. */
export const FUNCTION: TemplateKind = {
  kind: 'function',
  placeholder: 'acme-echo',
  description: 'A USB function for Gadgetloom.',
  uses: ['gadget'],
  testedWith: ['backend-dwc3', 'backend-mock', 'backend-musb'],
  usesOthers: { zod: '^4.6.7' },
};
