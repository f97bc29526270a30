using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Inference;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>
/// The product of <see cref="Int8Product{TSimd, TVector}"/> by a unit for 8 bits, with the same bits: sums are exact in both, and the steps
/// after them are the same arithmetic for each value.
/// </summary>
internal static unsafe class Int8UnitProduct<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>The largest number of rows for which the code for few rows is faster than a whole strip of 32.</summary>
    private const int FewRows = 16;

    /// <summary>The number of strips of W whose sums for few rows are in scratch memory at the same time.</summary>
    private const int FewStrips = 16;

    private const int TasksPerThread = 4;

    public static void Run(CpuBackend backend, IInt8Unit unit, in Int8Arguments arguments)
    {
        int scaleFloats = (arguments.Rows + 15) / 16 * 16;
        float* scales = backend.SharedScratch(scaleFloats + (Int8Packing.Bytes(arguments.Rows, arguments.Depth) / sizeof(float)));
        Rounding rounding = new(arguments, (byte*)(scales + scaleFloats), scales);
        backend.Team.Run(arguments.Rows <= InferenceOperations.FewRows ? 1 : rounding.Tasks, ref rounding);
        Finishing finishing = new(arguments, scales);
        if (arguments.Rows <= FewRows)
        {
            Few few = new(backend, unit, arguments, finishing, rounding.Packed);
            backend.ReserveWorkerScratch(FewRows * FewStrips * TilePacking.StripLanes);
            backend.Team.Run(few.Tasks, ref few);
            return;
        }

        TileBlocking blocking = new(arguments.Rows, arguments.Outputs, backend.Threads);
        backend.ReserveWorkerScratch(TileBlocking.MaxLanes * TileBlocking.MaxLanes);
        Many many = new(backend, unit, arguments, finishing, blocking, rounding.Packed);
        backend.Team.Run(blocking.RowTasks * blocking.ColumnTasks, ref many);
    }

    private static TileBlock Block(in Int8Arguments arguments, byte* packed, int row, int output, int columns, int* sums, int stride) => new()
    {
        A = Int8Packing.Lane(packed, row, arguments.Depth),
        B = arguments.Weight.Int8Strips.Strip(arguments.FirstOutput + output),
        C = (float*)sums,
        StripA = Int8Packing.Bytes(1, arguments.Depth),
        StripB = Int8Packing.Bytes(1, arguments.Depth),
        RowC = stride * sizeof(int),
        RowStrips = 1,
        ColumnStrips = Blocking.Strips(columns, TilePacking.StripLanes),
        Steps = Int8Packing.Steps(arguments.Depth),
    };

    /// <summary>X in whole numbers.</summary>
    private readonly struct Rounding(Int8Arguments arguments, byte* packed, float* scales) : IParallelBody
    {
        public int Tasks => (arguments.Rows + InferenceOperations.FewRows - 1) / InferenceOperations.FewRows;

        public byte* Packed => packed;

        public void Invoke(int task, int worker)
        {
            int end = Math.Min(arguments.Rows, (task + 1) * InferenceOperations.FewRows);
            for (int row = task * InferenceOperations.FewRows; row < end; row++)
            {
                scales[row] = Int8Packing.RoundLane(arguments.Input + ((nint)row * arguments.Depth), arguments.Depth, Int8Packing.Lane(packed, row, arguments.Depth));
            }
        }
    }

    /// <summary>Reads W once, for all rows.</summary>
    private readonly struct Few : IParallelBody
    {
        private readonly CpuBackend _backend;
        private readonly IInt8Unit _unit;
        private readonly Int8Arguments _arguments;
        private readonly Finishing _finishing;
        private readonly byte* _packed;
        private readonly int _strips;

        public Few(CpuBackend backend, IInt8Unit unit, Int8Arguments arguments, Finishing finishing, byte* packed)
        {
            (_backend, _unit, _arguments, _finishing) = (backend, unit, arguments, finishing);
            _packed = packed;
            _strips = Blocking.Strips(arguments.Outputs, TilePacking.StripLanes);
            Tasks = backend.Threads == 1 ? 1 : Math.Min(_strips, backend.Threads * TasksPerThread);
        }

        public int Tasks { get; }

        public void Invoke(int task, int worker)
        {
            int* sums = (int*)_backend.WorkerScratch(worker);
            int first = (int)((long)_strips * task / Tasks), end = (int)((long)_strips * (task + 1) / Tasks);
            for (int count; first < end; first += count)
            {
                count = Math.Min(FewStrips, end - first);
                int output = first * TilePacking.StripLanes;
                int columns = Math.Min(count * TilePacking.StripLanes, _arguments.Outputs - output);
                for (int row = 0; row < _arguments.Rows; row += VectorProductCode.MaxFewRows)
                {
                    int rows = Math.Min(VectorProductCode.MaxFewRows, _arguments.Rows - row);
                    TileBlock block = Block(_arguments, _packed, row, output, columns, sums, FewStrips * TilePacking.StripLanes);
                    _unit.MultiplyFew(&block, rows);
                    _finishing.Apply(sums, FewStrips * TilePacking.StripLanes, row, rows, output, columns);
                }
            }
        }
    }

    private readonly struct Many(
        CpuBackend backend, IInt8Unit unit, Int8Arguments arguments, Finishing finishing, TileBlocking blocking, byte* packed) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int row = task / blocking.ColumnTasks * blocking.RowsPerTask, output = task % blocking.ColumnTasks * blocking.ColumnsPerTask;
            int rows = Math.Min(blocking.RowsPerTask, arguments.Rows - row), columns = Math.Min(blocking.ColumnsPerTask, arguments.Outputs - output);
            int* sums = (int*)backend.WorkerScratch(worker);
            int left = rows % TilePacking.StripLanes, whole = left is > 0 and <= FewRows ? rows - left : rows;
            MultiplyStrips(row, whole, output, columns, sums);
            for (int few = whole; few < rows; few += VectorProductCode.MaxFewRows)
            {
                TileBlock block = Block(arguments, packed, row + few, output, columns, sums + (few * TileBlocking.MaxLanes), TileBlocking.MaxLanes);
                unit.MultiplyFew(&block, Math.Min(VectorProductCode.MaxFewRows, rows - few));
            }

            finishing.Apply(sums, TileBlocking.MaxLanes, row, rows, output, columns);
        }

        private void MultiplyStrips(int row, int rows, int output, int columns, int* sums)
        {
            int steps = Int8Packing.Steps(arguments.Depth);
            for (int step = 0; step < steps && rows > 0; step += TileBlocking.MaxSteps)
            {
                TileBlock block = Block(arguments, packed, row, output, columns, sums, TileBlocking.MaxLanes);
                block.A += (nint)step * TilePacking.StepBytes;
                block.B += (nint)step * TilePacking.StepBytes;
                block.RowStrips = Blocking.Strips(rows, TilePacking.StripLanes);
                block.Steps = Math.Min(TileBlocking.MaxSteps, steps - step);
                block.Accumulate = step > 0 ? 1 : 0;
                unit.Multiply(&block);
            }
        }
    }

    /// <summary>y = activation(sum scale_x scale_w + bias); vectors round as single values do.</summary>
    private readonly struct Finishing(Int8Arguments arguments, float* scales)
    {
        public void Apply(int* sums, int stride, int row, int rows, int output, int columns)
        {
            int* corrections = arguments.Weight.Int8Strips.Corrections(arguments.FirstOutput + output);
            float* weightScales = arguments.Weight.Int8Strips.Scales(arguments.FirstOutput + output);
            float* bias = arguments.Bias == null ? null : arguments.Bias + output;
            for (int i = 0; i < rows; i++, sums += stride)
            {
                float* y = arguments.Output + ((nint)(row + i) * arguments.Outputs) + output;
                Finish(sums, corrections, weightScales, scales[row + i], bias, arguments.Activation == Activation.Relu, y, columns);
                if (arguments.Activation == Activation.Gelu)
                {
                    GeluKernel<TSimd, TVector>.Apply(y, y, columns);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Finish(int* sums, int* corrections, float* weightScales, float scale, float* bias, bool relu, float* y, int count)
        {
            int i = 0;
            for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512<int> whole = Vector512.Load(sums + i) - Vector512.Load(corrections + i);
                Vector512<float> values = Vector512.ConvertToSingle(whole) * (Vector512.Load(weightScales + i) * Vector512.Create(scale));
                values = bias == null ? values : values + Vector512.Load(bias + i);
                Vector512<float> kept = Vector512.ConditionalSelect(Vector512.LessThan(values, Vector512<float>.Zero), Vector512<float>.Zero, values);
                (relu ? kept : values).Store(y + i);
            }

            for (; i < count; i++)
            {
                float value = unchecked(sums[i] - corrections[i]) * (weightScales[i] * scale);
                value = bias == null ? value : value + bias[i];
                y[i] = relu && value < 0 ? 0 : value;
            }
        }
    }
}
