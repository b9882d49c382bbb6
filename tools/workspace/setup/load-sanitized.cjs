// Preloaded into every process and thread of the sanitized tests: where one loads the addon, it gets the sanitized one.
const { appendFileSync } = require('node:fs');

const load = process.dlopen;
process.dlopen = (module, file, ...flags) => {
  if (!file.endsWith(`linux-native/prebuilds/linux-${process.arch}/addon.node`)) return load(module, file, ...flags);
  appendFileSync(process.env.GADGETLOOM_SANITIZED_LOADS, `${process.pid}\n`);
  return load(module, process.env.GADGETLOOM_SANITIZED_ADDON, ...flags);
};
