/** The packages from the top of the house down. Imports go down this list, never up and never sideways. */
export const layers = [
  'nx',
  'conformance',
  'usbip',
  'function-*',
  'streams',
  'gadget',
  'vhost-device',
  'backend-*',
  'simulated-board',
  'virtual-host',
  'functionfs',
  'udc',
  'dmabuf',
  'linux-native',
  'core',
];

/** Packages that see contracts only: they never import an entry point `.../model`, nor a backend. */
export const contractsOnly = ['conformance', 'streams', 'backend-linux', 'vhost-device'];

/** Packages that are there for a few others alone. */
export const reservedFor = { 'linux-native': ['backend-linux', 'vhost-device'] };

/** Modules that nothing below a layer may import. */
export const modulesFrom = { tsyringe: 'gadget', 'reflect-metadata': 'gadget' };

/** Packages that need Node. All others also run in a browser. */
export const nodeOnly = ['backend-linux', 'linux-native', 'nx', 'usbip', 'vhost-device'];

/**
 * The layer of a package by the name of its folder; 0 is the top, -1 stands for no layer.
 *
 * @param {string} short
 */
export const layerOf = (short) => layers.findIndex((layer) => fits(layer, short));

/** @param {string} layer @param {string} short */
const fits = (layer, short) => (layer.endsWith('*') ? short.startsWith(layer.slice(0, -1)) : short === layer);
