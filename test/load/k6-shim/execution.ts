/** One virtual user does it all. */
const exec = { vu: { idInTest: 1 } };
// oxlint-disable-next-line import/no-default-export -- as k6 has it
export default exec;
