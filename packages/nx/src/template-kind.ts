/** What can be generated, and what differs between them. */
export interface TemplateKind {
  /** Folder in templates/, and the middle of the package's name. */
  readonly kind: 'backend' | 'function';
  /** What the name stands for in the template, in each of its spellings. */
  readonly placeholder: string;
  readonly description: string;
  /** Packages of ours that it uses. */
  readonly uses: readonly string[];
  /** Packages of ours that its tests use. */
  readonly testedWith: readonly string[];
  /** Packages of others that it uses, with their ranges. */
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
  uses: ['core', 'gadget', 'streams'],
  testedWith: ['backend-mock'],
  usesOthers: { rxjs: '^7.8.2' },
};
