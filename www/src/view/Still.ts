/** A view that is drawn again only when one of its properties is another value. */
import { Component } from "preact";
import { alike } from "../weave";

export abstract class Still<P extends object> extends Component<P> {
  override shouldComponentUpdate(next: P): boolean {
    return !alike(this.props, next);
  }
}
