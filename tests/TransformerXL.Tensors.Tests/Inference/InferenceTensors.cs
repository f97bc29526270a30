using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Tests.Inference;

internal static class InferenceTensors
{
    public static IEnumerable<Isa> Isas => Enum.GetValues<Isa>().Where(CpuBackend.IsSupported);

    /// <summary>Values between -1 and 1.</summary>
    public static Tensor Random(System.Random random, Shape shape)
    {
        Tensor tensor = Tensor.Allocate(shape);
        foreach (ref float value in tensor.Span)
        {
            value = (float)((2 * random.NextDouble()) - 1);
        }

        return tensor;
    }
}
