// What a page gets that loads scripts named op1-replay.js
