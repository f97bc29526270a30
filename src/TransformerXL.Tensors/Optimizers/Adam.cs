using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Optimizer;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// Adam (Kingma and Ba 2015). A parameter without a gradient is left alone, and so is its step count.
/// </summary>
public sealed class Adam
{
    private readonly Slot[] _slots;
    private readonly AdamOptions _options;
    private readonly CpuBackend _backend;

    /// <summary>Creates the moments, all zero.</summary>
    public Adam(IEnumerable<Parameter> parameters, AdamOptions options, CpuBackend backend)
    {
        _options = options;
        _backend = backend;
        _slots = [.. parameters.Select(parameter => new Slot(parameter, options.AmsGrad))];
    }

    /// <summary>The Euclidean norm of all gradients together; parameters without one count as zero.</summary>
    public double GradientNorm()
    {
        double sum = 0;
        foreach (Slot slot in _slots)
        {
            if (slot.Parameter.HasGradient)
            {
                Tensor gradient = slot.Parameter.Gradient;
                sum += SumOfSquares(gradient);
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>
    /// Gives a gradient of zeros to each parameter that was stepped before and has none now, so that its moments go on
    /// decaying, as in the reference's training.
    /// </summary>
    public void ZeroMissingGradients()
    {
        foreach (Slot slot in _slots)
        {
            if (slot.Steps > 0 && !slot.Parameter.HasGradient)
            {
                slot.Parameter.ZeroGradient();
            }
        }
    }

    /// <summary>Moves every parameter that has a gradient and forgets the gradient.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="gradientScale">What the gradients are multiplied by first.</param>
    public void Step(double learningRate, double gradientScale = 1)
    {
        foreach (Slot slot in _slots)
        {
            if (slot.Parameter.HasGradient)
            {
                Step(slot, learningRate, gradientScale);
                slot.Parameter.ClearGradient();
            }
        }
    }

    /// <summary>Everything that a resumed training needs: name, steps taken and moments of each parameter.</summary>
    public IEnumerable<(Parameter Parameter, Tensor FirstMoment, Tensor SecondMoment, Tensor LargestSecondMoment)> State()
    {
        foreach (Slot slot in _slots)
        {
            yield return (slot.Parameter, slot.FirstMoment, slot.SecondMoment, slot.LargestSecondMoment);
        }
    }

    /// <summary>Steps taken by each parameter, in the order of the parameters.</summary>
    public IReadOnlyList<long> Steps
    {
        get => [.. _slots.Select(slot => slot.Steps)];
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            ArgumentOutOfRangeException.ThrowIfNotEqual(value.Count, _slots.Length);
            for (int i = 0; i < _slots.Length; i++)
            {
                _slots[i].Steps = value[i];
            }
        }
    }

    private unsafe double SumOfSquares(Tensor tensor) => _backend.Kernels.SumOfSquares(tensor.Pointer, tensor.Count);

    private unsafe void Step(Slot slot, double learningRate, double gradientScale)
    {
        Parameter parameter = slot.Parameter;
        slot.Steps++;
        AdamArguments arguments = new()
        {
            Count = parameter.Value.Count,
            Value = parameter.Value.Pointer,
            Gradient = parameter.Gradient.Pointer,
            FirstMoment = slot.FirstMoment.Pointer,
            SecondMoment = slot.SecondMoment.Pointer,
            LargestSecondMoment = slot.LargestSecondMoment.IsEmpty ? null : slot.LargestSecondMoment.Pointer,
            GradientScale = (float)gradientScale,
            WeightDecay = (float)_options.WeightDecay,
            Beta1 = (float)_options.Beta1,
            Beta2 = (float)_options.Beta2,
            OneMinusBeta1 = (float)(1 - _options.Beta1),
            OneMinusBeta2 = (float)(1 - _options.Beta2),
            Epsilon = (float)_options.Epsilon,
            StepSize = (float)(learningRate / (1 - Math.Pow(_options.Beta1, slot.Steps))),
            SecondMomentScale = (float)(1 / Math.Sqrt(1 - Math.Pow(_options.Beta2, slot.Steps))),
        };
        _backend.Kernels.AdamStep(arguments);
        GC.KeepAlive(slot);
    }

    private sealed class Slot(Parameter parameter, bool amsGrad)
    {
        public Parameter Parameter { get; } = parameter;

        public Tensor FirstMoment { get; } = Tensor.Allocate(parameter.Shape);

        public Tensor SecondMoment { get; } = Tensor.Allocate(parameter.Shape);

        public Tensor LargestSecondMoment { get; } = amsGrad ? Tensor.Allocate(parameter.Shape) : default;

        public long Steps { get; set; }
    }
}
