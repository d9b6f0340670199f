/** A format that fails whenever it is asked: it must keep no file from the formats after it. */
module.exports = () => [
  {
    id: 'test.odd',
    name: 'Odd',
    detect() {
      throw new Error('Out of order.');
    },
  },
];
