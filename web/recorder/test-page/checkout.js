const order = document.querySelector('#order');
order.addEventListener('submit', (event) => {
  event.preventDefault();
  order.hidden = true;
  document.querySelector('#thanks').hidden = false;
});
document.querySelector('#reveal').addEventListener('click', () => {
  const password = document.querySelector('#password');
  password.type = password.type === 'password' ? 'text' : 'password';
});
