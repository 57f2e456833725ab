import { weaknessOf } from './password-policy.js';

describe('the password policy', () => {
  const email = 'margarethe@example.org';

  it('takes an ordinary passphrase', () => {
    expect(weaknessOf('waybill-demo', email)).toBeNull();
    expect(weaknessOf('пароль из слов', email)).toBeNull();
  });

  it.each(['aaaaaaaa', 'abababab', 'AaAaAaAa'])('refuses %s, which is one or two characters', (password) => {
    expect(weaknessOf(password, email)).toMatch(/repeat/);
  });

  it.each(['margarethe@example.org', 'Margarethe', 'MARGARETHE@EXAMPLE.ORG'])(
    'refuses the email address as %s',
    (password) => {
      expect(weaknessOf(password, email)).toMatch(/email/);
    },
  );

  it('takes a password that merely contains the address', () => {
    expect(weaknessOf('margarethe likes tea', email)).toBeNull();
  });
});
