"""How good would each model's answer be: features of a call, logistic heads over them, their training and scoring."""
