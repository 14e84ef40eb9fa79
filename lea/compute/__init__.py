"""What every stage that runs a network needs: the device, a run's network, its forward pass."""
