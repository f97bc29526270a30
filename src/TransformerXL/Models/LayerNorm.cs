using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>Layer normalisation over the hidden size, with the epsilon of the configuration (Ba, Kiros, Hinton 2016).</summary>
internal sealed class LayerNorm
{
    private readonly float _epsilon;

    public LayerNorm(ModelConfiguration configuration, ParameterSet parameters, string prefix)
    {
        _epsilon = configuration.NormEpsilon;
        Gain = parameters.Gain($"{prefix}.weight", new Shape(configuration.ModelSize));
        Bias = parameters.Zeros($"{prefix}.bias", new Shape(configuration.ModelSize), ParameterRole.Norm);
    }

    public Parameter Gain { get; }

    public Parameter Bias { get; }

    /// <summary>LayerNorm(x).</summary>
    public Variable Forward(Tape tape, Variable x) => tape.LayerNorm(x, null, Gain, Bias, epsilon: _epsilon);

    /// <summary>LayerNorm(residual + dropout(x)); x, the output of a linear map that nothing else reads, is overwritten.</summary>
    public Variable Forward(Tape tape, Variable x, Variable residual, float dropout) =>
        tape.LayerNorm(x, residual, Gain, Bias, dropout, overwrite: true, epsilon: _epsilon);
}
