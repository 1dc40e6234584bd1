// SPDX-License-Identifier: MPL-2.0
//
// For make lint: what the platform provides, and what rendering adds.
const provided = [
  'require', 'configuration', 'global', 'console', 'Buffer', 'setTimeout', 'clearTimeout', 'URL', 'WebAssembly',
  'fetch', 'AbortController', 'TextDecoder',
  'WrongUsernameOrPasswordError', 'ValidationError', 'UnauthorizedError',
];

export default [{
  files: ['**/*.js'],
  languageOptions: {
    ecmaVersion: 2022,
    sourceType: 'script',
    globals: Object.fromEntries(provided.map((name) => [name, 'readonly'])),
  },
  rules: {
    'no-undef': 'error',
    // A script's constant is used by the helpers that rendering puts after it.
    'no-unused-vars': ['error', { varsIgnorePattern: '^settings$', args: 'none' }],
    'prefer-const': 'error',
    'no-var': 'error',
    eqeqeq: 'error',
    'max-len': ['error', 130],
  },
}];
