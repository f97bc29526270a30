using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>Random parameters by their axes.</summary>
internal static class Parameters
{
    public static Parameter New(params ReadOnlySpan<int> axes)
    {
        Shape shape = axes.Length switch
        {
            1 => new Shape(axes[0]),
            2 => new Shape(axes[0], axes[1]),
            _ => new Shape(axes[0], axes[1], axes[2]),
        };
        Parameter parameter = new("x", shape);
        new RandomValues("x").Normal(shape.Count).CopyTo(parameter.Value.Span);
        return parameter;
    }
}
