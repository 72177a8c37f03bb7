console.log("a part of the dashboard");
