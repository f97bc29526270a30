namespace TransformerXL.Tensors.Optimizers;

/// <summary>The update rule of an optimizer.</summary>
public enum OptimizerKind
{
    /// <summary>Kingma and Ba 2015.</summary>
    Adam,

    /// <summary>Adam whose weight decay leaves the moments alone (Loshchilov and Hutter 2019).</summary>
    AdamW,

    /// <summary>Stochastic gradient descent, with or without momentum.</summary>
    Sgd,

    /// <summary>Duchi et al. 2011.</summary>
    Adagrad,

    /// <summary>Adam with a learning rate for each parameter in proportion to its norm (You et al. 2020), for large batches.</summary>
    Lamb,

    /// <summary>Matrices are updated with equal singular values (Jordan et al. 2024), other parameters as in AdamW.</summary>
    Muon,
}
