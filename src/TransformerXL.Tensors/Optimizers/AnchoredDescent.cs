using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// Gradient descent that is pulled back to an anchor x0 (Krause et al. 2018, section 4):
/// x += min(1, pull s) (x0 - x) - lr g / (s + eps), where s is a constant scale of each value. Without scales x += pull (x0 - x) - lr g. Every
/// parameter is pulled, also one without a gradient.
/// </summary>
public sealed class AnchoredDescent : Optimizer
{
    private readonly AnchoredConstants _constants;
    private readonly Dictionary<Parameter, (Tensor Anchor, Tensor Scale)> _tensors = [];

    /// <summary>Creates the optimizer. Anchors and scales are read at each step and not copied; they must not change.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="anchor">x0 of a parameter, of its shape.</param>
    /// <param name="pull">The part of the distance to the anchor that each step takes back; with scales, before it is multiplied by one.</param>
    /// <param name="epsilon">Added to the scales that gradients are divided by.</param>
    /// <param name="scale">s of a parameter, of its shape, each value at least 0; no scales if null.</param>
    public AnchoredDescent(
        IEnumerable<Parameter> parameters, Backend backend, Func<Parameter, Tensor> anchor, double pull, double epsilon = 0, Func<Parameter, Tensor>? scale = null)
        : base(parameters, new OptimizerOptions(), backend, null, _ => [])
    {
        ArgumentNullException.ThrowIfNull(anchor);
        _constants = new AnchoredConstants { Pull = (float)pull, Epsilon = (float)epsilon };
        foreach (OptimizerSlot slot in Slots)
        {
            Parameter parameter = slot.Parameter;
            (Tensor Anchor, Tensor Scale) tensors = (anchor(parameter), scale is null ? default : scale(parameter));
            RequireShape("anchor", tensors.Anchor, parameter);
            if (scale is not null)
            {
                RequireShape("scale", tensors.Scale, parameter);
            }

            _tensors.Add(parameter, tensors);
        }
    }

    /// <summary>The root of the mean squared g / (s + eps) over all values that have a gradient: about 1 for gradients like those that s was gathered from.</summary>
    /// <exception cref="InvalidOperationException">There are no scales.</exception>
    public double RelativeGradient()
    {
        using BackendUse use = Backend.Enter();
        double sum = 0;
        long count = 0;
        foreach (OptimizerSlot slot in Slots)
        {
            if (!slot.Parameter.HasGradient)
            {
                continue;
            }

            Tensor scale = _tensors[slot.Parameter].Scale;
            if (scale.IsEmpty)
            {
                throw new InvalidOperationException("there are no scales to compare the gradients with");
            }

            sum += Backend.SumOfSquares(slot.Parameter.Gradient, scale, _constants.Epsilon);
            count += scale.Count;
        }

        return count == 0 ? 0 : Math.Sqrt(sum / count);
    }

    /// <summary>Pulls all parameters back and follows no gradient.</summary>
    public void PullBack()
    {
        using BackendUse use = Backend.Enter();
        foreach (OptimizerSlot slot in Slots)
        {
            Move(slot, 0, default(Tensor));
        }
    }

    private protected override void Move(OptimizerSlot slot, double learningRate, double gradientScale) =>
        Move(slot, learningRate * gradientScale, slot.Parameter.Gradient);

    private protected override void Complete()
    {
        foreach (OptimizerSlot slot in Slots)
        {
            if (!slot.Parameter.HasGradient)
            {
                Move(slot, 0, default(Tensor));
            }
        }
    }

    private void Move(OptimizerSlot slot, double learningRate, Tensor gradient)
    {
        (Tensor anchor, Tensor scale) = _tensors[slot.Parameter];
        Backend.AnchoredStep(_constants with { LearningRate = (float)learningRate }, slot.Parameter.Stored, anchor, gradient, scale);
    }

    private static void RequireShape(string name, Tensor tensor, Parameter parameter)
    {
        if (tensor.IsEmpty || tensor.Shape != parameter.Shape)
        {
            throw new ArgumentException($"the {name} of '{parameter.Name}' has the shape {(tensor.IsEmpty ? "of nothing" : tensor.Shape)}, but must have {parameter.Shape}", name);
        }
    }
}
