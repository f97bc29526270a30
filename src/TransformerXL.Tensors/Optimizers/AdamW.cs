using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>Adam whose weight decay shrinks the values themselves and leaves the moments alone (Loshchilov and Hutter 2019).</summary>
public class AdamW : Adam
{
    /// <inheritdoc/>
    public AdamW(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays = null)
        : base(parameters, options, backend, decays)
    {
    }

    private protected AdamW(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays, Func<Parameter, string[]> names)
        : base(parameters, options, backend, decays, names)
    {
    }

    private protected sealed override bool IsDecayDecoupled => true;
}
