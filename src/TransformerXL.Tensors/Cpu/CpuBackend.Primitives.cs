using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu;

/// <content>Small operations that others are composed of.</content>
public sealed unsafe partial class CpuBackend
{
    internal override void Elementwise(ElementwiseFunction function, Tensor a, Tensor b, Tensor y, bool add = false)
    {
        Kernels.Elementwise(function, a.Pointer, b.Pointer, y.Pointer, y.Count, add);
        KeepAlive(a, b, y);
    }

    internal override void Gated(GatingFunction function, Tensor x, Tensor y)
    {
        Kernels.GatedForward(function, x.Pointer, y.Pointer, y.Shape.Rows, y.Shape.Columns);
        KeepAlive(x, y, default);
    }

    internal override void GatedBackward(GatingFunction function, Tensor x, Tensor outputGradient, Tensor gradient, bool add)
    {
        Kernels.GatedBackward(function, x.Pointer, outputGradient.Pointer, gradient.Pointer, outputGradient.Shape.Rows, outputGradient.Shape.Columns, add);
        KeepAlive(x, outputGradient, gradient);
    }

    internal override void Softmax(Tensor x, Tensor y)
    {
        Kernels.SoftmaxForward(x.Pointer, y.Pointer, x.Shape.Rows, x.Shape.Columns);
        KeepAlive(x, y, default);
    }

    internal override void SoftmaxBackward(Tensor y, Tensor outputGradient, Tensor gradient, bool add)
    {
        Kernels.SoftmaxBackward(y.Pointer, outputGradient.Pointer, gradient.Pointer, y.Shape.Rows, y.Shape.Columns, add);
        KeepAlive(y, outputGradient, gradient);
    }

    internal override void MeanRows(Tensor x, IndexTensor lengths, Tensor y)
    {
        Kernels.MeanRowsForward(x.Pointer, lengths.Pointer, y.Pointer, x.Shape[0], x.Shape[1], x.Shape[2]);
        KeepAlive(x, y, default);
        lengths.KeepAlive();
    }

    internal override void MeanRowsBackward(Tensor outputGradient, IndexTensor lengths, Tensor gradient, bool add)
    {
        Shape shape = gradient.Shape;
        Kernels.MeanRowsBackward(outputGradient.Pointer, lengths.Pointer, gradient.Pointer, shape[0], shape[1], shape[2], add);
        KeepAlive(outputGradient, gradient, default);
        lengths.KeepAlive();
    }
}
