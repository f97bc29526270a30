using Spectre.Console;
using Spectre.Console.Rendering;

namespace TransformerXL.Cli.Terminals;

/// <summary>Converts all text drawn on a console to <see cref="VisibleText"/>; escape sequences of colours are added later.</summary>
internal sealed class VisibleSegments : IRenderHook
{
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(item => new Visible(item));

    private sealed class Visible(IRenderable item) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => item.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => item.Render(options, maxWidth)
            .Select(segment => segment.IsControlCode || VisibleText.Find(segment.Text, 0) < 0 ? segment : new Segment(VisibleText.Of(segment.Text), segment.Style));
    }
}
