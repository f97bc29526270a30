namespace TransformerXL.Training.Dynamic;

/// <summary>How weights follow the text that is being read (Krause et al. 2018 and 2019). w are the weights, w0 the trained ones, g the gradient of a segment.</summary>
public enum DynamicRule
{
    /// <summary>w += decay (w0 - w) - rate g.</summary>
    Sgd,

    /// <summary>
    /// w += min(1, decay s / mean(s)) (w0 - w) - rate g / (s + epsilon mean(s)), where s is the root of the mean squared gradient of each weight on the
    /// training text.
    /// </summary>
    Rms,

    /// <summary>w += decay (w0 - w), then a step of Adam (Kingma and Ba 2015) whose moments begin at 0.</summary>
    Adam,
}
