// node verify.js BUNDLE.sigstore.json KEY.pem: prints "verified", or the reason and exits with 1.
'use strict';
const { createPublicKey } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity } = require('@sigstore/verify');

const [file, pem] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
const publicKey = createPublicKey(pem);
const trust = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: () => ({ publicKey, validFor: () => true }),
};
try {
  const entity = toSignedEntity(bundleFromJSON(JSON.parse(file)));
  new Verifier(trust, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 }).verify(entity);
  console.log('verified');
} catch (error) {
  console.log(`refused: ${error.message}`);
  process.exitCode = 1;
}
