using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Inference;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>
/// The product of rows, rounded to 8 bits here, with a weight in 8 bits. Sums are exact, and the steps after them treat one value at a
/// time, so that every output has the same bits whatever the number of rows and threads.
/// </summary>
internal static unsafe class Int8Product<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Rows of X, in 16 bits, that stay in the second cache while strips of W pass by.</summary>
    private const int RowsPerTask = 64;

    private const int TasksPerThread = 4;

    public static void Run(CpuBackend backend, in Int8Arguments arguments)
    {
        int stride = Int8Rows.Stride(arguments.Depth), scaleFloats = (arguments.Rows + 15) / 16 * 16;
        float* scales = backend.SharedScratch(scaleFloats + (((long)arguments.Rows * stride) / 2));
        Rounding rounding = new(arguments, stride, (short*)(scales + scaleFloats), scales);
        backend.Team.Run(arguments.Rows <= InferenceOperations.FewRows ? 1 : rounding.Tasks, ref rounding);
        Body body = new(backend, arguments, stride, rounding.Whole, scales);
        backend.Team.Run(body.Tasks, ref body);
    }

    /// <summary>X in whole numbers.</summary>
    private readonly struct Rounding(Int8Arguments arguments, int stride, short* whole, float* scales) : IParallelBody
    {
        public int Tasks => (arguments.Rows + InferenceOperations.FewRows - 1) / InferenceOperations.FewRows;

        public short* Whole => whole;

        public void Invoke(int task, int worker)
        {
            int end = Math.Min(arguments.Rows, (task + 1) * InferenceOperations.FewRows);
            for (int row = task * InferenceOperations.FewRows; row < end; row++)
            {
                scales[row] = Int8Rows.Round(arguments.Input + ((nint)row * arguments.Depth), arguments.Depth, whole + ((nint)row * stride));
            }
        }
    }

    private readonly struct Body : IParallelBody
    {
        private readonly Int8Arguments _arguments;
        private readonly Isa _isa;
        private readonly int _stride, _strips, _columnTasks, _rowTasks;
        private readonly short* _whole;
        private readonly sbyte* _weight;
        private readonly float* _scales, _weightScales;

        public Body(CpuBackend backend, Int8Arguments arguments, int stride, short* whole, float* scales)
        {
            (_arguments, _isa, _stride) = (arguments, backend.Isa, stride);
            _whole = whole;
            _scales = scales;
            _weight = arguments.Weight.Int8Rows.Row(arguments.FirstOutput);
            _weightScales = arguments.Weight.Int8Rows.Scales(arguments.FirstOutput);
            _strips = Int8Rows.Padded(arguments.Outputs) / Int8Rows.Strip;
            _rowTasks = Math.Max(1, (arguments.Rows + RowsPerTask - 1) / RowsPerTask);
            int wanted = (backend.Threads * TasksPerThread) + _rowTasks - 1;
            _columnTasks = backend.Threads == 1 ? 1 : Math.Clamp(wanted / _rowTasks, 1, _strips);
        }

        public int Tasks => _rowTasks * _columnTasks;

        public void Invoke(int task, int worker)
        {
            int columnTask = task % _columnTasks, firstRow = task / _columnTasks * RowsPerTask;
            int endRow = Math.Min(_arguments.Rows, firstRow + RowsPerTask);
            int first = (int)((long)_strips * columnTask / _columnTasks) * Int8Rows.Strip;
            int end = Math.Min(_arguments.Outputs, (int)((long)_strips * (columnTask + 1) / _columnTasks) * Int8Rows.Strip);
            for (int output = first; output < end; output += Int8Rows.Strip)
            {
                MultiplyStrip(firstRow, endRow, output, Math.Min(Int8Rows.Strip, end - output));
            }

            for (int row = firstRow; row < endRow && _arguments.Activation == Activation.Gelu; row++)
            {
                float* y = _arguments.Output + ((nint)row * _arguments.Outputs) + first;
                GeluKernel<TSimd, TVector>.Apply(y, y, end - first);
            }
        }

        private void MultiplyStrip(int row, int endRow, int output, int count)
        {
            int* sums = stackalloc int[Int8Dots.Rows * Int8Rows.Strip];
            sbyte* weight = _weight + ((nint)output * _stride);
            for (; row < endRow; row += Int8Dots.Rows)
            {
                int rows = Math.Min(Int8Dots.Rows, endRow - row);
                Int8Dots.Multiply(_isa, rows, _whole + ((nint)row * _stride), weight, _stride, sums);
                for (int i = 0; i < rows; i++)
                {
                    Finish(sums + (i * Int8Rows.Strip), row + i, output, count);
                }
            }
        }

        /// <summary>y = sum scale_x scale_w + bias; vectors round as single values do.</summary>
        private void Finish(int* sums, int row, int output, int count)
        {
            float* y = _arguments.Output + ((nint)row * _arguments.Outputs) + output;
            float* bias = _arguments.Bias == null ? null : _arguments.Bias + output;
            bool relu = _arguments.Activation == Activation.Relu;
            if (count == Int8Rows.Strip)
            {
                Vector256<float> scales = Vector256.Load(_weightScales + output) * Vector256.Create(_scales[row]);
                Vector256<float> values = Vector256.ConvertToSingle(Vector256.Load(sums)) * scales;
                values = bias == null ? values : values + Vector256.Load(bias);
                Vector256<float> kept = Vector256.ConditionalSelect(Vector256.LessThan(values, Vector256<float>.Zero), Vector256<float>.Zero, values);
                (relu ? kept : values).Store(y);
                return;
            }

            for (int i = 0; i < count; i++)
            {
                float value = sums[i] * (_weightScales[output + i] * _scales[row]);
                value = bias == null ? value : value + bias[i];
                y[i] = relu && value < 0 ? 0 : value;
            }
        }
    }
}
