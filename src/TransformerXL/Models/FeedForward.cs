using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>The position-wise block: Linear, ReLU or GELU or a gated linear unit, Linear (Vaswani et al. 2017, section 3.3; Shazeer 2020).</summary>
internal sealed class FeedForward
{
    /// <summary>Rows whose inner values are in memory at a time where no backward pass needs them. Products of fewer rows are slower.</summary>
    private const int MaxRows = 512;

    public FeedForward(AttentionConfiguration configuration, ParameterSet parameters, string prefix)
    {
        Weight1 = parameters.Weight($"{prefix}.CoreNet.0.weight", new Shape(configuration.InnerWidth, configuration.ModelSize), ParameterRole.Matrix(configuration.IsGated ? 2 : 1));
        Bias1 = parameters.Zeros($"{prefix}.CoreNet.0.bias", new Shape(configuration.InnerWidth), ParameterRole.Bias);
        Weight2 = parameters.Weight($"{prefix}.CoreNet.3.weight", new Shape(configuration.ModelSize, configuration.InnerSize), ParameterRole.Matrix());
        Bias2 = parameters.Zeros($"{prefix}.CoreNet.3.bias", new Shape(configuration.ModelSize), ParameterRole.Bias);
        Activation = configuration.Activation;
        Norm = new LayerNorm(configuration, parameters, $"{prefix}.layer_norm");
    }

    /// <summary>(I, d); [W; V] (2 I, d) where the activation is gated.</summary>
    public Parameter Weight1 { get; }

    public Parameter Bias1 { get; }

    public Parameter Weight2 { get; }

    public Parameter Bias2 { get; }

    public FeedForwardActivation Activation { get; }

    /// <summary>The normalisation that belongs to this block.</summary>
    public LayerNorm Norm { get; }

    /// <summary>The output of the block before residual sum and dropout: (L, B, d).</summary>
    public Variable Forward(Tape tape, Variable x, float dropout)
    {
        if (tape.Weights is not null && x.Shape.Rows > MaxRows && x.Shape[0] > 1)
        {
            return ByParts(tape, x);
        }

        Variable inner = Inner(tape, x, dropout);
        Variable outer = tape.Linear(inner, Weight2, Bias2);
        tape.Recycle(inner);
        return outer;
    }

    /// <summary>The same for some steps of time after the others, in parts of nearly the same size, whose inner values take turns in memory.</summary>
    private Variable ByParts(Tape tape, Variable x)
    {
        Variable outer = tape.NewVariable(x.Shape, requiresGradient: false);
        int steps = x.Shape[0], parts = Math.Min(steps, (x.Shape.Rows + MaxRows - 1) / MaxRows);
        for (int part = 0; part < parts; part++)
        {
            int first = (int)((long)steps * part / parts), count = (int)((long)steps * (part + 1) / parts) - first;
            Variable inner = Inner(tape, tape.Constant(x.Value.Slice(first, count)), 0);
            tape.LinearInto(inner, Weight2, Bias2, outer.Value.Slice(first, count));
            tape.Recycle(inner);
        }

        return outer;
    }

    /// <summary>(L, B, I).</summary>
    private Variable Inner(Tape tape, Variable x, float dropout)
    {
        if (Activation == FeedForwardActivation.Relu)
        {
            return tape.LinearRelu(x, Weight1, Bias1, dropout);
        }

        if (Activation == FeedForwardActivation.Gelu)
        {
            return tape.LinearGelu(x, Weight1, Bias1, dropout);
        }

        Variable halves = tape.Linear(x, Weight1, Bias1);
        Variable inner = Activation == FeedForwardActivation.SwiGlu ? tape.SwiGlu(halves, dropout) : tape.GeGlu(halves, dropout);
        tape.Recycle(halves);
        return inner;
    }
}
