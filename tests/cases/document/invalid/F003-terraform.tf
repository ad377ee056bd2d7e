resource "azurerm_kubernetes_cluster_extension" "azureml" {
  configuration_settings = {
    "enableTraining" = "True"
  }
}
