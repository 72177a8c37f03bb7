const names = [
  'Amber',
  'Birch',
  'Cinder',
  'Dusk',
  'Ember',
  'Fern',
  'Glow',
  'Hazel',
  'Iris',
  'Juniper',
  'Kestrel',
  'Larch',
];
const lamps = names.map((name, i) => ({ name, price: 19 + ((i * 7) % 40) }));
const list = document.querySelector('#lamps');
const basket = document.querySelector('#basket');
const search = document.querySelector('#search');
const sort = document.querySelector('#sort');
let shown = 6;
let total = 0;

function show() {
  const wanted = search.value.toLowerCase();
  const found = lamps
    .filter((lamp) => lamp.name.toLowerCase().includes(wanted))
    .sort((a, b) => (sort.value === 'price' ? a.price - b.price : a.name.localeCompare(b.name)))
    .slice(0, shown);
  list.replaceChildren(
    ...found.map((lamp) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.textContent = 'Add';
      button.addEventListener('click', () => add(lamp));
      item.append(`${lamp.name}, ${lamp.price} € `, button);
      return item;
    }),
  );
}

function add(lamp) {
  const item = document.createElement('li');
  item.textContent = lamp.name;
  basket.append(item);
  total += lamp.price;
  document.querySelector('#total').textContent = String(total);
}

search.addEventListener('input', show);
sort.addEventListener('change', show);
document.querySelector('#more').addEventListener('click', () => {
  shown += 6;
  show();
});
document.querySelector('#details').addEventListener('click', () => {
  history.pushState({}, '', `${location.pathname}?view=delivery`);
  document.querySelector('h1').textContent = 'Delivery in two days';
});
document.querySelector('#fail').addEventListener('click', () => {
  console.error('the basket could not be saved', { basket: total });
  throw new Error('basket is broken');
});
show();
