// loopback_only.mjs - loaded before a test: clients that call any other host than this one make it fail, as some do for
// telemetry or for tables of tokens.
const original = globalThis.fetch;

globalThis.fetch = (input, options) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.hostname === '127.0.0.1') return original(input, options);
  console.error(`a client called ${url.origin}`);
  process.exitCode = 1;
  return Promise.reject(new TypeError(`no calls to ${url.origin} in tests`));
};
