/** The packages from the top of the house down. Imports go down this list, never up and never sideways. */
export const layers = [
  'nx',
  'conformance',
  'function-*',
  'streams',
  'gadget',
  'vhost-device',
  'backend-*',
  'simulated-board',
  'kernel-functions',
  'virtual-host',
  'functionfs',
  'usb-classes',
  'udc',
  'dmabuf',
  'linux-native',
  'core',
];

/** Packages that see contracts only: they never import an entry point `.../model`, nor a backend. */
export const contractsOnly = ['conformance', 'streams', 'backend-linux', 'vhost-device'];

/**
 * What the tests of a layer may import although it stands above: backends are held against the conformance
 * suite, and simulated functions run on simulated backends.
 */
export const testedWith = {
  'backend-*': ['conformance', 'gadget'],
  'kernel-functions': ['backend-dwc3', 'backend-mock', 'backend-musb', 'gadget'],
};

/** Packages that are there for a few others alone. */
export const reservedFor = { 'linux-native': ['backend-linux', 'vhost-device'] };

/** Modules that nothing below a layer may import. */
export const modulesFrom = { tsyringe: 'gadget', 'reflect-metadata': 'gadget' };

/** Packages that need Node. All others also run in a browser. */
export const nodeOnly = ['backend-linux', 'linux-native', 'nx', 'vhost-device'];

/**
 * The layer of a package by the name of its folder; 0 is the top, -1 stands for no layer.
 *
 * @param {string} short
 */
export const layerOf = (short) => layers.findIndex((layer) => fits(layer, short));

/** The layers as CONTRIBUTING.md shows them. */
export const chain = layers.join(' > ');

/** Whether a package, by the name of its folder, belongs to a layer. @param {string} layer @param {string} short */
export const fits = (layer, short) => (layer.endsWith('*') ? short.startsWith(layer.slice(0, -1)) : short === layer);
